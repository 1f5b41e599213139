#pragma once

#include <unistd.h>

/**
 * A file descriptor that is closed with its owner.
 */
class OwnedFD
{
   public:
      explicit OwnedFD(int fd = -1) : fd(fd)
      {
      }

      ~OwnedFD()
      {
         reset(-1);
      }

      OwnedFD(const OwnedFD&) = delete;
      OwnedFD& operator=(const OwnedFD&) = delete;

      void reset(int newFD)
      {
         if(fd >= 0)
            close(fd);
         fd = newFD;
      }

      int get() const
      {
         return fd;
      }

   private:
      int fd;
};
