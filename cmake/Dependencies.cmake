# Everything comes from Debian 12's packages or newer ones found here; nothing
# is downloaded. deploy/packages.txt names the packages.
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)

# Debian ships no CMake files for these.
function(heyhi_import name header library)
  find_path(${name}_INCLUDE_DIR ${header} REQUIRED)
  find_library(${name}_LIBRARY ${library} REQUIRED)
  add_library(heyhi_${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(heyhi_${name} SYSTEM INTERFACE ${${name}_INCLUDE_DIR})
  target_link_libraries(heyhi_${name} INTERFACE ${${name}_LIBRARY})
endfunction()
heyhi_import(cares ares.h cares)
heyhi_import(microhttpd microhttpd.h microhttpd)
heyhi_import(crypt crypt.h crypt)
heyhi_import(gnutls gnutls/gnutls.h gnutls)
heyhi_import(mimalloc mimalloc.h mimalloc)

# The allocator of our programs. A TLS handshake allocates some 2500 times; with glibc's
# allocator a probe costs 4 to 8 % more (docs/bench.md). Sanitizers bring their own.
add_library(heyhi_allocator INTERFACE)
add_library(heyhi::allocator ALIAS heyhi_allocator)
if(NOT HEYHI_SANITIZE)
  target_link_libraries(heyhi_allocator INTERFACE
    -Wl,--push-state,--no-as-needed heyhi_mimalloc -Wl,--pop-state)
endif()
