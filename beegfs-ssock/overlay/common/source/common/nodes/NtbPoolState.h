#pragma once

#include <common/net/sock/NetworkInterfaceCard.h>
#include <common/toolkit/Time.h>

#include <atomic>

/**
 * What a NodeConnPool remembers about NTB. All but isOnTcp is protected by the pool's mutex.
 */
struct NtbPoolState
{
   std::atomic<bool> isOnTcp{false}; // NTB is wanted here, but the last new connection took TCP
   NicAddress tcpRoute = {}; // the route that it took
   Time lastLook; // when it was last asked whether NTB works again
   bool isFilterLogged = false;
};
