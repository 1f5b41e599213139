#pragma once

#include <common/Common.h>

/**
 * The configuration of the NTB transport: keys connUseNTB and connNTB*, as documented in the
 * daemons' template files.
 *
 * All keys stand in one table, from which AbstractConfig takes names, defaults and parsing.
 */
class NtbConfig
{
   public:
      struct Key
      {
         const char* name;
         const char* defaultValue;

         // stores the value; false if it is not accepted
         bool (*store)(NtbConfig& config, const std::string& value);

         const char* accepted; // the accepted values, for messages
      };

      static const std::vector<Key>& keys();
      static const Key* find(const std::string& name, bool withDashes);

      void set(const Key& key, const std::string& value);
      void checkLimits() const;

      static std::string describeBadValue(const std::string& name, const std::string& value,
         const std::string& accepted);

      bool useNTB = true;
      std::string library; // empty: try the system's; "emulator": the one that is shipped
      unsigned adapter = 0;
      unsigned bufSize = 65536; // bytes
      unsigned bufNum = 32;
      unsigned portShift = 1000; // control port = stream port + this
      unsigned pollUsecs = 50;
      unsigned pollShare = 50; // percent of the processors
      unsigned interrupts = 64; // connections that get one of their own
      std::string tuningFile; // empty: what suits the adapter
      unsigned connectMS = 0; // 0: the transport's default
      unsigned flowSendMS = 0; // 0: the transport's default
      unsigned memoryLimitMiB = 512;
      unsigned retrySecs = 60;
};
