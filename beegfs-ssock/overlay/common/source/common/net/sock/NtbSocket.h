#pragma once

#include <common/net/sock/RDMASocket.h>

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

class ICommonConfig;

/*
 * Identifies what this header and the socket classes below it look like in memory. The library and
 * the daemon that loads it must agree, so everything that changes the layout goes in: the version of
 * this interface, the optional virtual functions of Socket, and the size of its base class.
 */
#ifdef BEEGFS_NVFS
   #define NTB_SOCKET_ABI_NVFS 1u
#else
   #define NTB_SOCKET_ABI_NVFS 0u
#endif

#define NTB_SOCKET_ABI_VERSION \
   ( (6u << 24) | (NTB_SOCKET_ABI_NVFS << 16) | uint32_t(sizeof(RDMASocket) ) )

/**
 * A connection, or a listener, over a PCIe non-transparent bridge.
 *
 * The class itself is in libbeegfs_ntb.so, which is loaded when NTB is first needed; without it,
 * everything works as if this transport did not exist. Sockets of this class have the type
 * NICADDRTYPE_NTB, which is never sent to other nodes.
 */
class NtbSocket : public RDMASocket
{
   public:
      /**
       * Plain values, because they cross the border of the library.
       */
      struct Settings
      {
         const char* library; // empty: the system's SISCI library
         unsigned adapter;
         unsigned bufSize; // bytes
         unsigned bufNum;
         int pollUsecs;
         unsigned pollShare; // percent
         unsigned interrupts;
         const char* tuningFile; // empty: none
         int connectMS; // 0: default
         int flowSendMS; // 0: default
         unsigned memoryLimitMiB;
         unsigned retrySecs;
         uint64_t authHash; // 0: no authentication
         const char* processName;
      };

      struct PeerAddr
      {
         uint8_t ip[16]; // IPv6 form, IPv4 as ::ffff:a.b.c.d
         uint16_t port; // control port, host byte order
         uint8_t sourceIP[16] = {}; // local address to connect from; zero: any

         /** "address:port" for a log line; shownPort is BeeGFS's port, not the control port. */
         std::string toStr(unsigned short shownPort) const
         {
            struct in6_addr address;
            std::copy(std::begin(ip), std::end(ip), std::begin(address.s6_addr) );

            const bool isIPv4 = IN6_IS_ADDR_V4MAPPED(&address);
            char text[INET6_ADDRSTRLEN] = "";
            inet_ntop(isIPv4 ? AF_INET : AF_INET6, isIPv4 ? ip + 12 : ip, text, sizeof(text) );

            return (isIPv4 ? std::string(text) : "[" + std::string(text) + "]") + ":" +
               std::to_string(shownPort);
         }
      };

      enum StartResult
      {
         Start_OK = 0,
         Start_NOLIBRARY = 1, // the SISCI library can't be loaded
         Start_FAILED = 2, // anything else, for example no such adapter
         Start_BADSETTING = 3 // a setting, or a file that it names, can't be used
      };

      /**
       * What the library exports under the name beegfs_ntb_impl.
       */
      struct ImplCallbacks
      {
         uint32_t abiVersion; // NTB_SOCKET_ABI_VERSION; checked before anything else is used
         uint32_t settingsSize; // sizeof(Settings)

         // loads SISCI and opens the adapter, if that wasn't done before; may be called by several
         // threads and again after a failure
         int (*start)(const Settings* settings, std::string* outError);

         NtbSocket* (*create)();

         bool (*isReachable)(const PeerAddr* peer);
      };

      static bool start(const ICommonConfig* cfg, std::string* outError, bool* outFatal);
      static void startOrThrow(const ICommonConfig* cfg);
      static std::unique_ptr<NtbSocket> create();
      static bool isReachable(const PeerAddr& peer);

      /**
       * Tries to connect, unless the peer is known to be out of reach of the fabric. Waits for the
       * outcome of an attempt that another thread makes. Never throws.
       *
       * @param outReason why the peer was skipped.
       * @param outReasonIsNew false if this reason was given for this peer before.
       * @return true if connected; false means "use another transport", which isn't an error.
       */
      virtual bool tryConnect(const PeerAddr& peer, std::string* outReason,
         bool* outReasonIsNew) = 0;

      /**
       * The same as nonblockingRecvCheck(), which looks for a while if that has paid off lately; this
       * looks once.
       *
       * @throw SocketException
       */
      virtual ssize_t recvCheckAtOnce() = 0;

      /**
       * Says that the peer sends this many bytes before it waits for an answer. A receive that has
       * to sleep for them is woken for many at once.
       */
      virtual void expect(uint64_t bytes) = 0;

      /**
       * Receives exactly len bytes, which then lie at *outData: in buf, or where the peer has put them.
       * There they stay until this socket is used again, and the peer can change them meanwhile: they
       * may be given to the kernel, once, but not looked at.
       *
       * @return len
       * @throw SocketException
       */
      virtual ssize_t recvInPlaceT(char* buf, size_t len, int timeoutMS, char** outData) = 0;

      /**
       * Receives exactly len bytes of file contents.
       *
       * @param toBeReceived bytes of the contents that have not been received, these included.
       * @param outData where the bytes are then, as in recvInPlaceT(). Set by sockets of this class
       *    only; with any other the bytes are in buf. NULL: they have to be there.
       * @return len
       * @throw SocketException
       */
      static ssize_t recvContentsT(Socket* sock, char* buf, size_t len, uint64_t toBeReceived,
         int timeoutMS, char** outData)
      {
         if(sock->getSockType() != NICADDRTYPE_NTB)
            return sock->recvExactT(buf, len, 0, timeoutMS);

         NtbSocket* ntbSock = static_cast<NtbSocket*>(sock);
         ntbSock->expect(toBeReceived);

         return outData ? ntbSock->recvInPlaceT(buf, len, timeoutMS, outData)
            : ntbSock->recvExactT(buf, len, 0, timeoutMS);
      }

      /**
       * Writes what recvContentsT() received. Where it came from an adapter's memory that this file
       * system's kernel code can't read, which is EFAULT, it is written again from a copy.
       *
       * @param data as recvContentsT() left it; NULL: the bytes are in buf.
       * @param write writes len bytes from where its argument points to.
       * @param errCode what write sets if that is not all.
       * @return what write returns
       */
      template<typename Write>
      static ssize_t writeContents(const char* data, char* buf, size_t len, int& errCode, Write write)
      {
         if(!data || (data == buf) )
            return write(buf);

         const ssize_t writeRes = write(const_cast<char*>(data) );
         if( (writeRes == ssize_t(len) ) || (errCode != EFAULT) )
            return writeRes;

         errCode = 0;
         memcpy(buf, data, len);
         return write(buf);
      }
};
