// The parts of Socket that look the same in both API generations.

#include "Socket.h"

HighResolutionStats Socket::dummyStats;

namespace
{
   /**
    * Calls receive(missing part of the buffer) until at least minLen bytes are there. A receive
    * that returns 0 breaks the contract of Socket; it must not make this loop endless.
    */
   template<typename Receive>
   ssize_t receiveAtLeast(void* buf, size_t minLen, size_t maxLen, Receive receive)
   {
      size_t done = 0;
      while(done < minLen)
      {
         const ssize_t got = receive(static_cast<char*>(buf) + done, maxLen - done);
         if(got <= 0)
            throw SocketDisconnectException("A receive returned no bytes");

         done += size_t(got);
      }

      return ssize_t(done);
   }
}

/** @throw SocketException */
ssize_t Socket::recvExact(void* buf, size_t len, int flags)
{
   return receiveAtLeast(buf, len, len,
      [&](char* part, size_t missing) { return recv(part, missing, flags); });
}

/**
 * The time counts anew for each part that arrives.
 *
 * @throw SocketException
 */
ssize_t Socket::recvExactT(void* buf, size_t len, int flags, int timeoutMS)
{
   return recvMinMaxT(buf, ssize_t(len), ssize_t(len), flags, timeoutMS);
}

/** @throw SocketException */
ssize_t Socket::recvMinMaxT(void* buf, ssize_t minLen, ssize_t maxLen, int flags, int timeoutMS)
{
   return receiveAtLeast(buf, size_t(minLen), size_t(maxLen),
      [&](char* part, size_t missing) { return recvT(part, missing, flags, timeoutMS); });
}
