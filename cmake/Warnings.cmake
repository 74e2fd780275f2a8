# One INTERFACE target that every target of ours links: warnings as errors,
# hardening, sanitizers. Third-party headers are SYSTEM and stay outside it.
add_library(heyhi_warnings INTERFACE)
add_library(heyhi::warnings ALIAS heyhi_warnings)

target_include_directories(heyhi_warnings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(heyhi_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  -Wcast-align -Wunused -Wextra-semi -Wformat=2 -Werror -Werror=unused-result)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(heyhi_warnings INTERFACE -Wthread-safety -Werror=thread-safety)
endif()

target_compile_options(heyhi_warnings INTERFACE
  -fstack-protector-strong -fstack-clash-protection -fcf-protection -fno-omit-frame-pointer)
target_compile_definitions(heyhi_warnings INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(heyhi_warnings INTERFACE
  -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()

if(HEYHI_SANITIZE)
  target_compile_options(heyhi_warnings INTERFACE
    -fsanitize=${HEYHI_SANITIZE} -fno-sanitize-recover=all
    # It opens a pipe to look at memory, and cries wolf where descriptors have run out,
    # which tests bring about.
    -fno-sanitize=vptr)
  target_link_options(heyhi_warnings INTERFACE -fsanitize=${HEYHI_SANITIZE})
else()
  # _FORTIFY_SOURCE needs optimisation and hides errors from the sanitizers.
  target_compile_options(heyhi_warnings INTERFACE
    "$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
endif()
