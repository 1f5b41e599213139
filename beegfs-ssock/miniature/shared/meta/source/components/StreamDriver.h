#pragma once

#include <app/Config.h>
#include "common/app/DaemonApp.h"
#include "common/toolkit/StreamPattern.h"

/** Sums of one kind of traffic. */
struct StreamPhase
{
   uint64_t bytes = 0; // of payload
   double seconds = 0;
   std::vector<double> latencies; // microseconds, one per request
   unsigned mismatches = 0; // wrong checksums or wrong answers
};

/**
 * The demonstration's workload: bulk writes, bulk reads, then small exchanges with one server,
 * one request at a time through the connection pool, as all of BeeGFS's traffic goes. Ends the
 * daemon when it is done.
 */
class StreamDriver : public PThread
{
   public:
      StreamDriver(DaemonApp& app, Node& peer, const Config& cfg);
      ~StreamDriver() override { join(); }

   private:
      using Request = std::function<void(Socket&)>;

      void run() override;
      void runWorkload();

      void bulkWrite();
      void bulkRead();
      void smallExchanges();

      void request(const Request& exchange, StreamPhase& phase);
      bool tryRequest(const Request& exchange, StreamPhase& phase);
      void receiveStream(Socket& sock, uint64_t count);

      std::string askWhatWasServed();
      std::string askServer(const std::string& command);
      std::string report();
      void writeReport(const std::string& text);

      DaemonApp& app;
      Node& peer;
      const Config& cfg;
      LogContext log;

      StreamPattern pattern;
      std::vector<char> buffer;
      StreamPhase write, read, exchanges;
      std::map<std::string, HighResolutionStats> paths; // what our sockets counted, by type
      std::string congestion = "none"; // of the first TCP connection
      std::string served; // what the server counted
      unsigned retries = 0;
      std::string failure;
};
