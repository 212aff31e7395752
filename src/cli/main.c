/* SPDX-License-Identifier: Apache-2.0 */
/* dragoman: the command line of the gateway. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
