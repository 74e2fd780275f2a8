# heyhi_embed_files(<target> <header> FILE...) makes the named files part of the
# program: <header> (in the build tree) declares one std::string_view per file,
# called k<Name> after the file's name, e.g. landing.css -> kLandingCss.
function(heyhi_embed_files target header)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded/${header})
  set(files)
  foreach(file IN LISTS ARGN)
    list(APPEND files ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  string(REPLACE ";" "," file_list "${files}")
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} "-DFILES=${file_list}"
            -P ${PROJECT_SOURCE_DIR}/cmake/WriteEmbeddedHeader.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/WriteEmbeddedHeader.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
