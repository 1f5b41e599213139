#pragma once

#include "common/net/sock/Socket.h"
#include "Buffers.h"
#include "NetMessageTypes.h"

#define NETMSG_HEADER_LENGTH 40
#define NETMSG_MIN_LENGTH NETMSG_HEADER_LENGTH

/** The first 40 bytes of each message, little-endian. */
struct NetMessageHeader
{
   static constexpr uint64_t MSG_PREFIX = uint64_t(0x42474653) << 32; // "BGFS", data version 0

   uint32_t msgLength = 0; // bytes, header included
   uint16_t msgFeatureFlags = 0;
   uint8_t msgCompatFeatureFlags = 0;
   uint8_t msgFlags = 0;
   // the prefix is here
   uint16_t msgType = NETMSGTYPE_Invalid;
   uint16_t msgTargetID = 0;
   uint32_t msgUserID = ~uint32_t(0);
   uint64_t msgSequence = 0;
   uint64_t msgSequenceDone = 0;

   void write(WriteBuffer& out) const;
   static NetMessageHeader read(const char* buf, size_t bufLen);

   static unsigned extractMsgLengthFromBuf(const char* buf, unsigned bufLen)
   {
      return ReadBuffer(buf, bufLen).u32();
   }
};

/** One message: its header and what a derived class puts behind that. */
class NetMessage
{
   public:
      /** Where a request came from, where the answer goes, and buffers for both. */
      class ResponseContext
      {
         public:
            ResponseContext(Socket* sock, char* respBuf, unsigned bufLen,
               HighResolutionStats* stats) : sock(sock), buffer(respBuf), bufferLength(bufLen),
               stats(stats) {}

            void sendResponse(const NetMessage& response) const;

            Socket* getSocket() const { return sock; }
            char* getBuffer() const { return buffer; }
            unsigned getBufferLength() const { return bufferLength; }
            HighResolutionStats* getStats() const { return stats; }

         private:
            Socket* sock;
            char* buffer;
            unsigned bufferLength;
            HighResolutionStats* stats;
      };

      virtual ~NetMessage() = default;

      static void deserializeHeader(char* buf, size_t bufLen, NetMessageHeader* outHeader)
      {
         *outHeader = NetMessageHeader::read(buf, bufLen);
      }

      /** @return length in bytes, 0 if the buffer is too small */
      size_t serializeMessage(char* buf, size_t bufLen) const;

      /** @return false if the buffer holds no such message */
      bool deserialize(const NetMessageHeader& header, const char* payload, size_t payloadLen);

      /**
       * Serves a request.
       *
       * @return false if the connection can't be used any more
       */
      virtual bool processIncoming(ResponseContext&) { return false; }

      uint16_t getMsgType() const { return header.msgType; }
      bool isMsgHeaderFeatureFlagSet(unsigned flag) const { return header.msgFeatureFlags & flag; }
      uint64_t getSequence() const { return header.msgSequence; }
      void setSequence(uint64_t value) { header.msgSequence = value; }

      bool getReleaseSockAfterProcessing() const { return releaseSockAfterProcessing; }
      void setReleaseSockAfterProcessing(bool value) { releaseSockAfterProcessing = value; }

   protected:
      explicit NetMessage(uint16_t msgType) { header.msgType = msgType; }

      virtual void writePayload(WriteBuffer&) const {}
      virtual void readPayload(ReadBuffer&) {}

   private:
      NetMessageHeader header;
      bool releaseSockAfterProcessing = true;
};

/** Stands for everything that can't be understood. */
class InvalidMsg : public NetMessage
{
   public:
      InvalidMsg() : NetMessage(NETMSGTYPE_Invalid) {}
};
