// People and the terms of securities, from the views of schema `api`. Thread safety: as read_models.hpp.
#pragma once

#include "api/read_models.hpp"

namespace buttonwood::api {

inline const Sources kTermsSources{"securities"};

inline constexpr int kMaxHistoryShown = 100;  // changes of status and notes of one user, the newest

enum class UserDetail : unsigned char {
    Own,         // what a user may know of itself: no words of compliance
    Everything,  // with notes, and who changed what and why
};
// Not found: no such user.
[[nodiscard]] OrDbError<ReadAnswer> read_user(eventstore::Connection&, engine::UserId, UserDetail);
// Issuer, class, restrictions, settlement, fees in force, the newest valuation, delisting. Not found: no such symbol.
[[nodiscard]] OrDbError<ReadAnswer> read_security_terms(eventstore::Connection&, const std::string& symbol);

}  // namespace buttonwood::api
