// The driver's report: one JSON object.

#include "common/net/msghelpers/MsgHelperGenericDebug.h"
#include "StreamDriver.h"

#include <algorithm>
#include <fstream>
#include <iomanip>

namespace
{
   std::string quoted(const std::string& text)
   {
      std::ostringstream out;
      out << '"';
      for(const char c : text)
      {
         if(c == '"' || c == '\\')
            out << '\\' << c;
         else if(uint8_t(c) < 0x20)
            out << "\\u" << std::hex << std::setw(4) << std::setfill('0') << int(c) << std::dec;
         else
            out << c;
      }

      out << '"';
      return out.str();
   }

   /** The smallest value that is not exceeded by the given part of all; 0 if there is none. */
   double percentile(const std::vector<double>& sorted, double part)
   {
      if(sorted.empty())
         return 0;

      const size_t rank = size_t(part * double(sorted.size()) + 0.999999);
      return sorted[std::min(sorted.size(), std::max<size_t>(rank, 1)) - 1];
   }

   std::string phaseJson(const StreamPhase& phase)
   {
      std::vector<double> sorted = phase.latencies;
      std::sort(sorted.begin(), sorted.end());

      std::ostringstream out;
      out << std::fixed << std::setprecision(3)
         << "{\"requests\": " << sorted.size()
         << ", \"bytes\": " << phase.bytes
         << ", \"seconds\": " << std::setprecision(6) << phase.seconds << std::setprecision(3)
         << ", \"p50_us\": " << percentile(sorted, 0.5)
         << ", \"p90_us\": " << percentile(sorted, 0.9)
         << ", \"p99_us\": " << percentile(sorted, 0.99)
         << ", \"max_us\": " << percentile(sorted, 1)
         << ", \"mismatches\": " << phase.mismatches << "}";
      return out.str();
   }

   struct Counted { uint64_t sent, received; unsigned requests, queued; };

   std::string pathJson(const std::string& name, const Counted& counted)
   {
      return quoted(name) + ": {\"sent\": " + std::to_string(counted.sent) +
         ", \"received\": " + std::to_string(counted.received) +
         ", \"requests\": " + std::to_string(counted.requests) +
         ", \"queued\": " + std::to_string(counted.queued) + "}";
   }

   /** The server's answer has a line for each path: name, received, sent, requests, queued. */
   std::string servedJson(const std::string& text)
   {
      std::istringstream lines(text);
      std::string name, json;
      Counted counted;
      while(lines >> name >> counted.received >> counted.sent >> counted.requests >>
         counted.queued)
         json += (json.empty() ? "" : ", ") + pathJson(name, counted);

      return json;
   }
}

std::string StreamDriver::report()
{
   std::string pathsJson;
   for(const auto& [name, stats] : paths)
      pathsJson += (pathsJson.empty() ? "" : ", ") + pathJson(name, {stats.incVals.netSendBytes,
         stats.incVals.netRecvBytes, stats.incVals.workRequests, 0});

   std::ostringstream out;
   out << "{\"version\": " << quoted(BEEGFS_VERSION)
      << ",\n \"failure\": " << quoted(failure)
      << ",\n \"retries\": " << retries
      << ",\n \"tcp_congestion\": " << quoted(congestion)
      << ",\n \"paths\": {" << pathsJson << "}"
      << ",\n \"served\": {" << servedJson(served) << "}"
      << ",\n \"connections\": " << quoted(MsgHelperGenericDebug::processOpNetOut(
            app.getServers()))
      << ",\n \"write\": " << phaseJson(write)
      << ",\n \"read\": " << phaseJson(read)
      << ",\n \"exchange\": " << phaseJson(exchanges) << "}\n";
   return out.str();
}

/** @throw InvalidConfigException if the file can't be written */
void StreamDriver::writeReport(const std::string& text)
{
   if(cfg.getDemoReport().empty())
   {
      std::cout << text << std::flush;
      return;
   }

   std::ofstream file(cfg.getDemoReport());
   file << text << std::flush;
   if(!file)
      throw InvalidConfigException("Unable to write demoReport: " + cfg.getDemoReport());
}
