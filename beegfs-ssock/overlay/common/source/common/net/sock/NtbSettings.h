#pragma once

#include <common/app/config/NtbConfig.h>
#include <common/net/sock/NtbSocket.h>

#include <cerrno>
#include <string>

/**
 * What the transport is started with.
 *
 * @param ntb its texts are pointed to and have to outlive the result, as has library
 * @param library path of the SISCI library; empty: the system's
 * @param authHash 0: no authentication
 */
inline NtbSocket::Settings ntbSettings(const NtbConfig& ntb, const std::string& library,
   uint64_t authHash)
{
   NtbSocket::Settings settings = {};
   settings.library = library.c_str();
   settings.adapter = ntb.adapter;
   settings.bufSize = ntb.bufSize;
   settings.bufNum = ntb.bufNum;
   settings.pollUsecs = ntb.pollUsecs;
   settings.pollShare = ntb.pollShare;
   settings.interrupts = ntb.interrupts;
   settings.tuningFile = ntb.tuningFile.c_str();
   settings.connectMS = ntb.connectMS;
   settings.flowSendMS = ntb.flowSendMS;
   settings.memoryLimitMiB = ntb.memoryLimitMiB;
   settings.retrySecs = ntb.retrySecs;
   settings.authHash = authHash;
   settings.processName = program_invocation_short_name;

   return settings;
}
