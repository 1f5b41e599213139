#pragma once

#include "Harness.h"

#include "common/net/sock/AddrTk.h"
#include "common/net/sock/NtbSocket.h"

#include <sys/epoll.h>

using Connection = std::unique_ptr<RDMASocket>;

/** Starts the transport of this process on the emulator; more keys as `key=value`. */
void startTransport(const std::vector<std::string>& keys = {});

/** The same without checks. @return what NtbSocket::start() returns */
bool tryStartTransport(const std::vector<std::string>& keys, std::string* outError,
   bool* outFatal);

/** A port that nobody uses now. */
uint16_t freePort();

/** An NTB listener. */
class Acceptor
{
   public:
      explicit Acceptor(uint16_t port = freePort());

      /** Waits for the next connection. */
      Connection accept();

      /** A connection that waits now; none if there is none. Notes whom the listener turned away. */
      Connection next();

      /** Whom the listener turned away the last time, and why. */
      const std::string& refusal() const { return lastRefusal; }

      RDMASocket& socket() { return *sock; }
      uint16_t port() const { return listenPort; }

   private:
      const uint16_t listenPort;
      Connection sock;
      std::string lastRefusal;
};

/** Connects to an NTB listener on this machine; throws what connect() throws. */
Connection connectTo(uint16_t port);

NtbSocket::PeerAddr localPeer(uint16_t port);

/**
 * Starts the transport on both sides and connects them; both sides call it.
 *
 * @param keys settings of this side
 */
Connection meet(Side& side, const std::vector<std::string>& keys = {});

/** One more connection between sides that have met. */
Connection meetAgain(Side& side);

/** Whether the descriptor is readable within the time. */
bool isReadable(const Pollable& pollable, int timeoutMS = 0);

/**
 * Checks that there is nothing to receive and that the descriptor then is quiet. The doorbell of
 * bytes that were received already may come late: that is a false alarm, and allowed once or twice.
 */
void checkQuiet(RDMASocket& sock);

/** Reads exactly what is expected within five seconds. */
std::string receive(Socket& sock, size_t len);

/** As BeeGFS sends answers: without an address. */
void sendText(Socket& sock, const std::string& text);

/** Bytes that differ for each seed. */
std::string randomBytes(size_t len, uint64_t seed);

void pauseMS(int ms);

/** An epoll set for one descriptor, used as BeeGFS's stream listener does. */
class OneShotEpoll
{
   public:
      explicit OneShotEpoll(const Pollable& watched);
      ~OneShotEpoll();

      /** Waits for the event again; the kernel looks at the descriptor anew. */
      void rearm();

      /** Whether an event comes within the time. Then the next one comes only after rearm(). */
      bool wait(int timeoutMS);

      /** The same for an event with something to receive or an end; false alarms are passed over. */
      void waitForNews(RDMASocket& sock, int timeoutMS);

   private:
      int control(int operation);

      const int watchedFD;
      const int epollFD;
};

/** A plain TCP connection to a control port, for peers that don't behave. */
class RawPeer
{
   public:
      explicit RawPeer(uint16_t port);
      ~RawPeer();

      void send(const std::string& bytes);

      /** What comes until the end of the connection or the time is up. */
      std::string receiveAll(int timeoutMS);

      /** Whether the other end closes within the time; bytes are thrown away. */
      bool isClosedWithin(int timeoutMS);

   private:
      int fd;
};

/** A message of the control channel; docs/protocol.md has the tables. */
std::string controlMessage(uint16_t version, uint16_t kind, const std::string& body);

/** Little-endian. */
std::string number(uint64_t value, size_t bytes);
uint64_t numberAt(const std::string& text, size_t offset, size_t bytes);
