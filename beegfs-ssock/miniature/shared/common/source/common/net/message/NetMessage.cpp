#include "common/net/sock/AddrTk.h"
#include "NetMessage.h"

void NetMessageHeader::write(WriteBuffer& out) const
{
   out.number(msgLength);
   out.number(msgFeatureFlags);
   out.number(msgCompatFeatureFlags);
   out.number(msgFlags);
   out.number(uint64_t(MSG_PREFIX));

   out.number(msgType);
   out.number(msgTargetID);
   out.number(msgUserID);
   out.number(msgSequence);
   out.number(msgSequenceDone);
}

/** The type is NETMSGTYPE_Invalid if this is no header. */
NetMessageHeader NetMessageHeader::read(const char* buf, size_t bufLen)
{
   ReadBuffer in(buf, bufLen);
   NetMessageHeader header;

   header.msgLength = in.u32();
   header.msgFeatureFlags = in.u16();
   header.msgCompatFeatureFlags = in.u8();
   header.msgFlags = in.u8();
   const uint64_t prefix = in.u64();

   header.msgType = in.u16();
   header.msgTargetID = in.u16();
   header.msgUserID = in.u32();
   header.msgSequence = in.u64();
   header.msgSequenceDone = in.u64();

   if(!in.good() || prefix != MSG_PREFIX || header.msgLength < NETMSG_HEADER_LENGTH)
      header.msgType = NETMSGTYPE_Invalid;

   return header;
}

/** @throw SocketException */
void NetMessage::ResponseContext::sendResponse(const NetMessage& response) const
{
   const size_t len = response.serializeMessage(buffer, bufferLength);
   if(!len)
      throw SocketException("A response doesn't fit into the worker's buffer");

   AddrTk::sendto(*sock, buffer, len);
}

size_t NetMessage::serializeMessage(char* buf, size_t bufLen) const
{
   if(bufLen < NETMSG_HEADER_LENGTH)
      return 0;

   WriteBuffer payload(buf + NETMSG_HEADER_LENGTH, bufLen - NETMSG_HEADER_LENGTH);
   writePayload(payload);
   if(!payload.good())
      return 0;

   NetMessageHeader complete = header;
   complete.msgLength = uint32_t(NETMSG_HEADER_LENGTH + payload.size());
   WriteBuffer out(buf, NETMSG_HEADER_LENGTH);
   complete.write(out);
   return complete.msgLength;
}

bool NetMessage::deserialize(const NetMessageHeader& header, const char* payload,
   size_t payloadLen)
{
   this->header = header;
   ReadBuffer in(payload, payloadLen);
   readPayload(in);
   return in.good() && !in.remaining();
}
