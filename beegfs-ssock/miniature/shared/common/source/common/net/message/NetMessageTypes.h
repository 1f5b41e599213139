#pragma once

// Numbers of the message types. Those below 5000 are BeeGFS's own, the others are ours.

#define NETMSGTYPE_Invalid 0

#define NETMSGTYPE_GenericDebug 1029
#define NETMSGTYPE_GenericDebugResp 1030
#define NETMSGTYPE_SetChannelDirect 4001
#define NETMSGTYPE_AuthenticateChannel 4007

#define NETMSGTYPE_StreamEcho 9001
#define NETMSGTYPE_StreamEchoResp 9002
#define NETMSGTYPE_StreamWrite 9003
#define NETMSGTYPE_StreamWriteResp 9004
#define NETMSGTYPE_StreamRead 9005
