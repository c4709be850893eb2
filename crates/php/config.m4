dnl The way of phpize and PIE: `phpize && ./configure && make`. The other way is `cargo build --release`.

PHP_ARG_ENABLE([quipu],
  [whether to enable quipu],
  [AS_HELP_STRING([--enable-quipu], [Enable quipu: counters and records in shared memory])],
  [yes])

if test "$PHP_QUIPU" != "no"; then
  AC_PATH_PROG([CARGO], [cargo], [no], [$PATH:$HOME/.cargo/bin])
  if test "$CARGO" = "no"; then
    AC_MSG_ERROR([cargo was not found: install Rust 1.90 or newer (https://rustup.rs), or add it to PATH])
  fi
  PHP_SUBST([CARGO])

  AC_DEFINE([HAVE_QUIPU], [1], [Whether quipu is enabled])
  quipu_glue=$(cd "$srcdir" && echo glue/*.c)
  PHP_NEW_EXTENSION([quipu],
    [$quipu_glue],
    [$ext_shared],,
    [-I@ext_srcdir@/glue -I@ext_srcdir@/../capi/include -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 -fvisibility=hidden])
  dnl The functions of the library are linked in, and not offered to others.
  EXTRA_LDFLAGS="$EXTRA_LDFLAGS \$(quipu_library) -Wl,--exclude-libs,ALL"
  QUIPU_SHARED_LIBADD="$QUIPU_SHARED_LIBADD -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc"
  PHP_SUBST([QUIPU_SHARED_LIBADD])
  PHP_ADD_MAKEFILE_FRAGMENT
fi
