#include "SessionLocalFile.h"

#include <sys/mman.h>
#include <unistd.h>

SessionLocalFile::SessionLocalFile() : fd(memfd_create("stream", MFD_CLOEXEC)) {}

SessionLocalFile::~SessionLocalFile()
{
   if(fd != -1)
      close(fd);
}
