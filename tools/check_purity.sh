#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails when the core's library reaches for a clock, entropy, a thread, a file, a socket, the
# environment or the locale.
#
# C functions are allowed by name, so that an unforeseen one is caught; of the C++ library
# everything is allowed but what is named. What the sanitizers and gcov add is ignored.
set -eu
library=$1

defined=$(mktemp)
trap 'rm -f "$defined"' EXIT
nm --defined-only "$library" 2>/dev/null | awk 'NF == 3 { print $3 }' >"$defined"

nm -A --undefined-only "$library" 2>/dev/null | awk -v defined="$defined" '
  BEGIN {
    while ((getline symbol < defined) > 0) own[symbol] = 1
    split("memcpy memmove memset memcmp memchr strlen strcmp abort _Unwind_Resume " \
          "__stack_chk_fail __cxa_guard_acquire __cxa_guard_release __cxa_atexit __dso_handle " \
          "__cxa_pure_virtual __cxa_begin_catch __cxa_end_catch __cxa_rethrow " \
          "__cxa_throw_bad_array_new_length __memcpy_chk __memset_chk __memmove_chk " \
          "__dynamic_cast _GLOBAL_OFFSET_TABLE_ __tls_get_addr " \
          "__libc_single_threaded log2 log ceil floor frexp ldexp __divti3 __divmodti4 __modti3 " \
          "ZSTD_compressBound ZSTD_compressCCtx ZSTD_createCCtx_advanced ZSTD_createDCtx_advanced " \
          "ZSTD_decompressDCtx ZSTD_freeCCtx ZSTD_freeDCtx ZSTD_getFrameContentSize ZSTD_isError", names, " ")
    for (i in names) allowed[names[i]] = 1
    # Only these objects may use these: the failed invariant, and the memory for keys.
    split("check.cpp.o:fprintf check.cpp.o:fwrite check.cpp.o:fputs check.cpp.o:stderr " \
          "check.cpp.o:__fprintf_chk " \
          "arena.cpp.o:mmap arena.cpp.o:mmap64 arena.cpp.o:munmap arena.cpp.o:mlock " \
          "arena.cpp.o:munlock arena.cpp.o:madvise arena.cpp.o:mprotect arena.cpp.o:sysconf " \
          "arena.cpp.o:getpagesize arena.cpp.o:getrlimit arena.cpp.o:getrlimit64 " \
          "arena.cpp.o:__errno_location", names, " ")
    for (i in names) allowed[names[i]] = 1
    # libsodium, but for what asks the system for random bytes by itself.
    entropy = "randombytes|_keygen$|[^d]_keypair$|_seal$|_random$|pwhash_(.*_)?str$|" \
              "secretstream_.*_init_push$|crypto_kdf_keygen|_add_noise"
    library_banned = "clock.*3now|random_device|6thread|St5mutex|condition_variable|" \
                     "St6locale|basic_[io]*f?stream|basic_filebuf|ios_base|St4cout|St4cerr|" \
                     "10filesystem|7__cxx1112regex|14this_thread"
  }
  {
    object = $1; sub(/:$/, "", object); sub(/.*:/, "", object)
    symbol = $NF; sub(/@.*/, "", symbol)
    if (symbol in own || symbol in allowed || (object ":" symbol) in allowed) next
    if (symbol ~ /^(__asan|__ubsan|__tsan|__gcov|__sanitizer|__llvm|__start___|__stop___|__gxx_personality)/) next
    if (symbol ~ /^(crypto_|sodium_(init|memzero|memcmp|is_zero|compare|increment|add|sub|pad|unpad|stackzero)$)/ \
        && symbol !~ entropy) next
    if (symbol ~ /^(_Z|DW\.ref)/ && symbol !~ library_banned) next
    print object ": " symbol
    bad = 1
  }
  END { exit bad }
' && exit 0
echo "protocol/ must receive time, randomness and I/O from its caller" >&2
exit 1
