#pragma once

#include "common/components/ComponentInitException.h"
#include "common/system/System.h"
#include "FileDescriptor.h"

/** A pipe with both of its ends; closed with the object. */
class Pipe
{
   public:
      Pipe(bool threadsafeReadside, bool threadsafeWriteside)
      {
         if(::pipe2(ends, O_CLOEXEC))
            throw ComponentInitException("No pipe: " + System::getErrString());

         readFD = std::make_unique<FileDescriptor>(ends[0], threadsafeReadside);
         writeFD = std::make_unique<FileDescriptor>(ends[1], threadsafeWriteside);
      }

      ~Pipe()
      {
         ::close(ends[0]);
         ::close(ends[1]);
      }

      Pipe(const Pipe&) = delete;
      Pipe& operator=(const Pipe&) = delete;

      FileDescriptor* getReadFD() const { return readFD.get(); }
      FileDescriptor* getWriteFD() const { return writeFD.get(); }

   private:
      int ends[2];
      std::unique_ptr<FileDescriptor> readFD;
      std::unique_ptr<FileDescriptor> writeFD;
};
