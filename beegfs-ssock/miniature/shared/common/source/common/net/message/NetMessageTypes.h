#pragma once

#include <cstdint>

// Numbers of the message types. Those below 5000 are BeeGFS's own, the others are ours.
enum NetMessageType : uint16_t
{
   NETMSGTYPE_Invalid = 0,
   NETMSGTYPE_GenericDebug = 1029,
   NETMSGTYPE_GenericDebugResp = 1030,
   NETMSGTYPE_SetChannelDirect = 4001,
   NETMSGTYPE_AuthenticateChannel = 4007,

   NETMSGTYPE_StreamEcho = 9001,
   NETMSGTYPE_StreamEchoResp = 9002,
   NETMSGTYPE_StreamWrite = 9003,
   NETMSGTYPE_StreamWriteResp = 9004,
   NETMSGTYPE_StreamRead = 9005,
};
