# Leaves an empty directory: cmake -D DIRECTORY=... -P empty.cmake
file(REMOVE_RECURSE "${DIRECTORY}")
file(MAKE_DIRECTORY "${DIRECTORY}")
