#pragma once

#include "common/net/sock/Socket.h"
#include "common/toolkit/Time.h"

/** A socket with the state that NodeConnPool keeps for each of its connections. */
class PooledSocket : public Socket
{
   public:
      bool isAvailable() const { return available; }
      void setAvailable(bool value) { available = value; }

      bool isCloseOnRelease() const { return closeOnRelease; }
      void setCloseOnRelease(bool value) { closeOnRelease = value; }

      /** From now on the connection counts as a fallback that expires. */
      void setExpireTimeStart() { expireTimeStart.setToNow(); }
      bool getHasExpirationTimer() const { return !expireTimeStart.getIsZero(); }

      bool getHasExpired(unsigned expireSecs) const
      {
         return getHasExpirationTimer() &&
            (expireTimeStart.elapsedMS() / 1000 >= expireSecs);
      }

   protected:
      PooledSocket() : expireTimeStart(true) {}

   private:
      bool available = false;
      bool closeOnRelease = false;
      Time expireTimeStart;
};
