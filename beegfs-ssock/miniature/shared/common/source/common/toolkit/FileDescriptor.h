#pragma once

#include "common/threading/Mutex.h"
#include "common/toolkit/poll/Pollable.h"
#include "common/Common.h"

/** One end of a pipe. Does not own the descriptor. */
class FileDescriptor : public Pollable
{
   public:
      /** @param threadsafety true if several threads use this end */
      FileDescriptor(int fd, bool threadsafety) : fd(fd), threadsafety(threadsafety) {}

      int getFD() const override { return fd; }

      ssize_t read(void* buf, size_t count) { return guarded([&] { return ::read(fd, buf, count); }); }
      ssize_t write(const void* buf, size_t count)
         { return guarded([&] { return ::write(fd, buf, count); }); }

      /** Reads exactly count bytes. */
      void readExact(void* buf, size_t count)
      {
         for(size_t done = 0; done < count; )
         {
            const ssize_t got = read(static_cast<char*>(buf) + done, count - done);
            if(got > 0)
               done += size_t(got);
            else if(got == 0 || errno != EINTR)
               return; // the pipe is gone: only at the end of the process
         }
      }

   private:
      template<typename Call>
      ssize_t guarded(Call call)
      {
         if(!threadsafety)
            return call();

         const std::lock_guard<Mutex> lock(mutex);
         return call();
      }

      const int fd;
      const bool threadsafety;
      Mutex mutex;
};
