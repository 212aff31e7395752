dnl SPDX-License-Identifier: Apache-2.0

dnl DRAGOMAN_NEED(VARIABLE, pkg-config module, Debian package)
AC_DEFUN([DRAGOMAN_NEED], [
  PKG_CHECK_MODULES([$1], [$2], [], [
    AC_MSG_ERROR([$2 is missing; on Debian: apt-get install $3])
  ])
])

dnl DRAGOMAN_TRY_CFLAG(VARIABLE, flags): appends the flags if the compiler takes them without a word
AC_DEFUN([DRAGOMAN_TRY_CFLAG], [
  AC_MSG_CHECKING([whether $CC accepts $2])
  dragoman_saved_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS $2 -Werror"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [[return getchar();]])],
    [AC_MSG_RESULT([yes]); $1="$$1 $2"], [AC_MSG_RESULT([no])])
  CFLAGS=$dragoman_saved_CFLAGS
])

dnl DRAGOMAN_TRY_LDFLAG(VARIABLE, flags)
AC_DEFUN([DRAGOMAN_TRY_LDFLAG], [
  AC_MSG_CHECKING([whether the linker accepts $2])
  dragoman_saved_LDFLAGS=$LDFLAGS
  LDFLAGS="$LDFLAGS $2"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()],
    [AC_MSG_RESULT([yes]); $1="$$1 $2"], [AC_MSG_RESULT([no])])
  LDFLAGS=$dragoman_saved_LDFLAGS
])
