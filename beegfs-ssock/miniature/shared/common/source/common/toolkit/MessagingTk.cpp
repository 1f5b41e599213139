#include "common/net/sock/AddrTk.h"
#include "MessagingTk.h"

std::vector<char> MessagingTk::createMsgVec(const NetMessage& msg)
{
   std::vector<char> buf(256);
   size_t len;
   while( (len = msg.serializeMessage(buf.data(), buf.size())) == 0)
      buf.resize(2 * buf.size());

   buf.resize(len);
   return buf;
}

/**
 * Receives a message of the type of outMsg.
 *
 * @throw SocketException also if something else arrives
 */
void MessagingTk::recvMsg(Socket& sock, NetMessage& outMsg, int timeoutMS)
{
   constexpr size_t maxLength = 4 << 20;

   char headerBuf[NETMSG_HEADER_LENGTH];
   sock.recvExactT(headerBuf, sizeof(headerBuf), 0, timeoutMS);
   const NetMessageHeader header = NetMessageHeader::read(headerBuf, sizeof(headerBuf));
   if(header.msgType != outMsg.getMsgType() || header.msgLength > maxLength)
      throw SocketException("Unexpected message of type " + std::to_string(header.msgType) +
         " from " + sock.getPeername());

   std::vector<char> payload(header.msgLength - NETMSG_HEADER_LENGTH);
   if(!payload.empty())
      sock.recvExactT(payload.data(), payload.size(), 0, timeoutMS);

   if(!outMsg.deserialize(header, payload.data(), payload.size()))
      throw SocketException("Broken message from " + sock.getPeername());
}
