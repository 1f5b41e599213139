#pragma once

#include <common/toolkit/Time.h>

#include <atomic>

/**
 * What a NodeConnPool remembers about NTB.
 */
struct NtbPoolState
{
   bool wasUsed = false; // there was an NTB connection to this peer
   std::atomic<bool> isLost{false}; // the peer is on TCP although it was reachable over NTB before
   Time lossTime; // of the last attempt that failed
};
