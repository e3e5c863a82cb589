// The weaknesses that weak_journal.cpp gives a server, chosen by an environment variable.
#pragma once

namespace buttonwood::torture {

inline constexpr const char* kWeaknessEnvironment = "BUTTONWOOD_WEAKNESS";
inline constexpr const char* kAcknowledgeInDoubt = "acknowledge-in-doubt";   // an append in doubt counts as done
inline constexpr const char* kAcknowledgeAnything = "acknowledge-anything";  // every append counts as done

}  // namespace buttonwood::torture
