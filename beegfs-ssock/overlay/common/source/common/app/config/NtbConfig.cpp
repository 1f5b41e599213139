#include "NtbConfig.h"

#include <common/app/config/InvalidConfigException.h>

#include <strings.h>

namespace {

const uint64_t MIB = 1024 * 1024;
const uint64_t MAX_RING_MIB = 256;
const uint64_t CONTROL_BYTES = 4096; // of a connection, beside its buffers

/**
 * Takes a plain decimal number within the limits. Other parsers accept trailing text and signs;
 * here, a typing error must not become a silently different value.
 */
bool storeNumber(const std::string& value, unsigned min, unsigned max, unsigned& out)
{
   if(value.empty() || (value.size() > 10) ||
      (value.find_first_not_of("0123456789") != std::string::npos) )
      return false;

   const uint64_t number = std::stoull(value);
   if( (number < min) || (number > max) )
      return false;

   out = number;
   return true;
}

bool storeBool(const std::string& value, bool& out)
{
   // an empty value means "on", as for the other switches
   static const char* const on[] = {"", "1", "y", "on", "yes", "true"};
   static const char* const off[] = {"0", "n", "off", "no", "false"};

   const auto equals = [&](const char* word) { return !strcasecmp(word, value.c_str() ); };

   out = std::any_of(std::begin(on), std::end(on), equals);
   return out || std::any_of(std::begin(off), std::end(off), equals);
}

std::string trimmed(const std::string& text)
{
   const size_t start = text.find_first_not_of(" \t");
   if(start == std::string::npos)
      return "";

   return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

/**
 * Two numbers of milliseconds, separated by a comma.
 */
bool storeTimeouts(NtbConfig& config, const std::string& value)
{
   const unsigned maxMS = 3600 * 1000;
   const size_t comma = value.find(',');
   if(comma == std::string::npos)
      return false;

   unsigned connectMS;
   unsigned flowSendMS;
   if(!storeNumber(trimmed(value.substr(0, comma) ), 0, maxMS, connectMS) ||
      !storeNumber(trimmed(value.substr(comma + 1) ), 0, maxMS, flowSendMS) )
      return false;

   config.connectMS = connectMS;
   config.flowSendMS = flowSendMS;
   return true;
}

} // namespace

const std::vector<NtbConfig::Key>& NtbConfig::keys()
{
   using C = NtbConfig;
   using S = const std::string;

   static const std::vector<Key> table = {
      {"connUseNTB", "true", [](C& c, S& v) { return storeBool(v, c.useNTB); },
         "true or false"},
      {"connNTBLibrary", "", [](C& c, S& v) { c.library = v; return true; },
         "a library name or path, \"emulator\", or nothing"},
      {"connNTBAdapter", "0", [](C& c, S& v) { return storeNumber(v, 0, 15, c.adapter); },
         "0 to 15"},
      {"connNTBBufSize", "65536",
         [](C& c, S& v) {
            unsigned size;
            if(!storeNumber(v, 4096, 16 * MIB, size) || (size % 4096) )
               return false;
            c.bufSize = size;
            return true;
         },
         "4096 to 16777216, a multiple of 4096"},
      {"connNTBBufNum", "32", [](C& c, S& v) { return storeNumber(v, 1, 4096, c.bufNum); },
         "1 to 4096"},
      {"connNTBPortShift", "1000",
         [](C& c, S& v) { return storeNumber(v, 1, 50000, c.portShift); },
         "1 to 50000"},
      {"connNTBPollUsecs", "50", [](C& c, S& v) { return storeNumber(v, 0, 10000, c.pollUsecs); },
         "0 to 10000"},
      {"connNTBPollShare", "50", [](C& c, S& v) { return storeNumber(v, 0, 100, c.pollShare); },
         "0 to 100"},
      {"connNTBInterrupts", "64",
         [](C& c, S& v) { return storeNumber(v, 0, 65536, c.interrupts); },
         "0 to 65536"},
      {"connNTBTuningFile", "",
         [](C& c, S& v) {
            // the daemon has left its folder when the file is read
            c.tuningFile = v;
            return v.empty() || (v[0] == '/');
         },
         "an absolute path, or nothing"},
      {"connNTBTimeouts", "0,0", storeTimeouts,
         "two numbers of milliseconds, each 0 to 3600000, separated by a comma"},
      {"connNTBMemoryLimit", "512",
         [](C& c, S& v) { return storeNumber(v, 4, 1048576, c.memoryLimitMiB); },
         "4 to 1048576"},
      {"connNTBRetrySecs", "60", [](C& c, S& v) { return storeNumber(v, 1, 86400, c.retrySecs); },
         "1 to 86400"},
   };

   return table;
}

/**
 * @param withDashes the name begins with two dashes, as the arguments of the tools do; its case is
 * then ignored.
 * @return NULL if this isn't a key of the NTB transport.
 */
const NtbConfig::Key* NtbConfig::find(const std::string& name, bool withDashes)
{
   for(const Key& key : keys() )
   {
      const bool equal = withDashes
         ? !strcasecmp(name.c_str(), (std::string("--") + key.name).c_str() )
         : (name == key.name);

      if(equal)
         return &key;
   }

   return NULL;
}

/**
 * @throw InvalidConfigException if the value is not accepted; names key, value and range.
 */
void NtbConfig::set(const Key& key, const std::string& value)
{
   if(!key.store(*this, trimmed(value) ) )
      throw InvalidConfigException(describeBadValue(key.name, value, key.accepted) );
}

/**
 * Limits that concern several keys; to be called when all of them have their final values, which is
 * later than when they are parsed: daemons apply the command line alone first, and again with the file.
 *
 * @throw InvalidConfigException if a connection's buffers are larger than allowed; names the keys.
 */
void NtbConfig::checkLimits() const
{
   const uint64_t wanted = uint64_t(bufSize) * bufNum;
   uint64_t ring = 4096;
   while(ring < wanted)
      ring *= 2;

   const auto refuse = [&](const std::string& accepted)
   {
      throw InvalidConfigException(describeBadValue("connNTBBufSize x connNTBBufNum",
         std::to_string(bufSize) + " x " + std::to_string(bufNum), accepted) );
   };

   const uint64_t maxRing = MAX_RING_MIB * MIB;
   if(ring > maxRing)
      refuse("at most " + std::to_string(maxRing) + " bytes in total");

   const uint64_t limit = uint64_t(memoryLimitMiB) * MIB;
   if(ring + CONTROL_BYTES > limit)
      refuse("in total, rounded up to a power of two (" + std::to_string(ring) + " bytes), at most "
         "connNTBMemoryLimit (" + std::to_string(limit) + " bytes) less " +
         std::to_string(CONTROL_BYTES) );
}

std::string NtbConfig::describeBadValue(const std::string& name, const std::string& value,
   const std::string& accepted)
{
   return "The config argument '" + name + "' has the value '" + value + "'. Accepted: " + accepted;
}
