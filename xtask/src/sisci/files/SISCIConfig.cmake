# find_package(SISCI) gives the target SISCI::sisci. The paths follow this file when it is moved.

get_filename_component(SISCI_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(SISCI_INCLUDE_DIRS "${SISCI_PREFIX}/include")
set(SISCI_LIBRARIES "${SISCI_PREFIX}/lib64/libsisci.so")

if(NOT EXISTS "${SISCI_LIBRARIES}")
  set(SISCI_FOUND FALSE)
  set(SISCI_NOT_FOUND_MESSAGE "${SISCI_LIBRARIES} is missing")
  return()
endif()

if(NOT TARGET SISCI::sisci)
  add_library(SISCI::sisci SHARED IMPORTED)
  set_target_properties(SISCI::sisci PROPERTIES
    IMPORTED_LOCATION "${SISCI_LIBRARIES}"
    IMPORTED_SONAME "libsisci.so"
    INTERFACE_INCLUDE_DIRECTORIES "${SISCI_INCLUDE_DIRS}")
endif()
