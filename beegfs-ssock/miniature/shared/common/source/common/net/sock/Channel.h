#pragma once

#include "common/toolkit/poll/Pollable.h"

/** What a server remembers about a stream connection, whatever its transport is. */
class Channel : public Pollable
{
   public:
      bool getIsDirect() const { return isDirect; }
      void setIsDirect(bool value) { isDirect = value; }

      /** Whether somebody used it since it was last asked for. */
      bool getHasActivity() const { return hasActivity; }
      void setHasActivity() { hasActivity = true; }
      void resetHasActivity() { hasActivity = false; }

      /** Whether the peer knows the cluster's secret. */
      bool getIsAuthenticated() const { return isAuthenticated; }
      void setIsAuthenticated() { isAuthenticated = true; }

   protected:
      Channel() = default;

   private:
      bool isDirect = true;
      bool hasActivity = true; // a young connection is not idle
      bool isAuthenticated = false;
};
