//! What to forward where: profile, found ports and busy ports make a plan, or the reason why there is none.
