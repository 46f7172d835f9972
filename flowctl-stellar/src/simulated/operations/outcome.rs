use stellar_xdr::{
    AccountMergeResult, AllowTrustResult, ChangeTrustResult, ClaimClaimableBalanceResult,
    ClawbackClaimableBalanceResult, ClawbackResult, CreateAccountResult,
    CreateClaimableBalanceResult, InflationResult, InvokeHostFunctionResult,
    LiquidityPoolDepositResult, LiquidityPoolWithdrawResult, ManageBuyOfferResult,
    ManageSellOfferResult, OperationResult, OperationResultTr, PathPaymentStrictReceiveResult,
    PathPaymentStrictSendResult, PaymentResult, SetOptionsResult, SetTrustLineFlagsResult,
};

/// Whether the operation succeeded.
pub(in crate::simulated) const fn succeeded(result: &OperationResult) -> bool {
    matches!(
        result,
        OperationResult::OpInner(
            OperationResultTr::CreateAccount(CreateAccountResult::Success)
                | OperationResultTr::Payment(PaymentResult::Success)
                | OperationResultTr::PathPaymentStrictReceive(
                    PathPaymentStrictReceiveResult::Success(_)
                )
                | OperationResultTr::PathPaymentStrictSend(PathPaymentStrictSendResult::Success(_))
                | OperationResultTr::ManageSellOffer(ManageSellOfferResult::Success(_))
                | OperationResultTr::CreatePassiveSellOffer(ManageSellOfferResult::Success(_))
                | OperationResultTr::ManageBuyOffer(ManageBuyOfferResult::Success(_))
                | OperationResultTr::SetOptions(SetOptionsResult::Success)
                | OperationResultTr::ChangeTrust(ChangeTrustResult::Success)
                | OperationResultTr::AllowTrust(AllowTrustResult::Success)
                | OperationResultTr::SetTrustLineFlags(SetTrustLineFlagsResult::Success)
                | OperationResultTr::AccountMerge(AccountMergeResult::Success(_))
                | OperationResultTr::Inflation(InflationResult::Success(_))
                | OperationResultTr::CreateClaimableBalance(CreateClaimableBalanceResult::Success(
                    _
                ))
                | OperationResultTr::ClaimClaimableBalance(ClaimClaimableBalanceResult::Success)
                | OperationResultTr::Clawback(ClawbackResult::Success)
                | OperationResultTr::ClawbackClaimableBalance(
                    ClawbackClaimableBalanceResult::Success
                )
                | OperationResultTr::LiquidityPoolDeposit(LiquidityPoolDepositResult::Success)
                | OperationResultTr::LiquidityPoolWithdraw(LiquidityPoolWithdrawResult::Success)
                | OperationResultTr::InvokeHostFunction(InvokeHostFunctionResult::Success(_))
        )
    )
}
