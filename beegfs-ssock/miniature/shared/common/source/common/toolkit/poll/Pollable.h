#pragma once

/** Something with a file descriptor that epoll can watch. */
class Pollable
{
   public:
      virtual ~Pollable() = default;

      virtual int getFD() const = 0;
};
