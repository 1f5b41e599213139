#pragma once

#include <common/net/sock/NetworkInterfaceCard.h>
#include <common/toolkit/Time.h>

#include <atomic>

/**
 * What a NodeConnPool remembers about NTB. All but isOnTcp is protected by the pool's mutex.
 */
struct NtbPoolState
{
   // NTB is wanted here, and some connections may have taken TCP; stays until NTB is filtered
   std::atomic<bool> isOnTcp{false};

   NicAddress route = {}; // of the last new connection
   Time lastLook; // when it was last asked whether NTB works again
   std::string lastFailure; // of a connection that could be made and not used
   bool isFilterLogged = false;
};
