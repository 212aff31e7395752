/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/user.h"

/* Runs it in a process of its own, which it may change for good; its answer is 0 to 255. */
static int apart(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int become_nobody(void)
{
	struct user user;
	struct err err;
	gid_t groups[8];

	if (user_find("nobody", &user, &err) < 0 || user_become(&user, &err) < 0)
		return 1;
	if (getuid() != user.uid || geteuid() != user.uid || getgid() != user.gid)
		return 2;
	if (getgroups(8, groups) != user.n_groups)
		return 3;
	if (setuid(0) == 0 || setgid(0) == 0)
		return 4;
	/* Once is enough: for who is it already, nothing is to be done. */
	return user_become(&user, &err) < 0 ? 5 : 0;
}

static void root_becomes_somebody_for_good(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(apart(become_nobody), 0);
}

static int become_root_from_nobody(void)
{
	struct user nobody, root;
	struct err err;

	if (user_find("nobody", &nobody, &err) < 0 || user_find("root", &root, &err) < 0)
		return 1;
	if (geteuid() == 0 && user_become(&nobody, &err) < 0)
		return 2;
	return user_become(&root, &err) < 0 && strstr(err.text, "cannot become user") ? 0 : 3;
}

static void nobody_does_not_become_root(void **state)
{
	(void)state;
	assert_int_equal(apart(become_root_from_nobody), 0);
}

static void who_is_not_there_is_told(void **state)
{
	struct user user;
	struct err err;
	gid_t gid;

	(void)state;
	assert_int_equal(user_find("no-such-user", &user, &err), -1);
	assert_string_equal(err.text, "there is no user \"no-such-user\"");
	assert_int_equal(user_find_group("no-such-group", &gid, &err), -1);
	assert_string_equal(err.text, "there is no group \"no-such-group\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_becomes_somebody_for_good),
		cmocka_unit_test(nobody_does_not_become_root),
		cmocka_unit_test(who_is_not_there_is_told),
	};

	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
