# Test presets compile several sources as one (CMAKE_UNITY_BUILD), which takes a
# quarter of the time; the release preset compiles each by itself, and so sees an
# include that is missing. Tests are in no release: -DCMAKE_UNITY_BUILD=OFF shows theirs.

# heyhi_compile_alone(FILE…) for what has names of its own that others have too.
function(heyhi_compile_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION TRUE)
endfunction()

if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # It takes the file that names the others for the one source of the types in them.
  target_compile_options(heyhi_warnings INTERFACE -Wno-subobject-linkage)
endif()
