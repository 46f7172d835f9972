use stellar_xdr::{
    AccountId, Asset, ContractId, HostFunction, Int128Parts, InvokeContractArgs,
    InvokeHostFunctionOp, InvokeHostFunctionResult, MuxedAccount, MuxedEd25519Account,
    OperationBody, OperationResultTr, ScAddress, ScSymbol, ScVal,
};

use super::{Application, Planner, Step, asset_contract, token_contract};
use crate::simulated::{
    cast,
    emitter::{number, symbol},
    encoding::{hash, list, text},
};

/// The first protocol whose contracts take muxed addresses (CAP-67).
const FIRST_PROTOCOL_WITH_MUXED_ADDRESSES: u32 = 23;

pub(super) fn plan_asset(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let asset = planner.asset();
    let (source, name, arguments) = asset_contract::plan(planner, &asset)?;
    let contract = planner.cast.contract_of(&asset);
    Step::alone(source, call(contract, name, arguments))
}

pub(super) fn plan_token(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let (name, arguments) = token_contract::plan(planner)?;
    let contract = planner.cast.token.clone();
    Step::alone(planner.holder()?, call(contract, name, arguments))
}

fn call(contract: ContractId, name: &str, arguments: Vec<ScVal>) -> OperationBody {
    OperationBody::InvokeHostFunction(InvokeHostFunctionOp {
        host_function: HostFunction::InvokeContract(InvokeContractArgs {
            contract_address: ScAddress::Contract(contract),
            function_name: ScSymbol(text(name.as_bytes())),
            args: list(arguments),
        }),
        auth: list(Vec::new()),
    })
}

/// Does what the contract would do: that of a classic asset moves balances, the other token's only tells.
pub(super) fn invoke(
    application: &mut Application<'_>,
    operation: &InvokeHostFunctionOp,
) -> OperationResultTr {
    let done = match &operation.host_function {
        HostFunction::InvokeContract(call) => invoked(application, call),
        _ => None,
    };
    OperationResultTr::InvokeHostFunction(match done {
        // Of the return value, which is void, and of the events.
        Some(()) => InvokeHostFunctionResult::Success(hash(&ScVal::Void)),
        None => {
            application.emitter.take();
            InvokeHostFunctionResult::Trapped
        }
    })
}

fn invoked(application: &mut Application<'_>, call: &InvokeContractArgs) -> Option<()> {
    let ScAddress::Contract(contract) = &call.contract_address else {
        return None;
    };
    let name = std::str::from_utf8(call.function_name.0.as_slice()).ok()?;
    match application.cast.asset_of(contract).cloned() {
        Some(asset) => asset_contract::invoke(application, &asset, name, &call.args),
        None => token_contract::invoke(application, contract, name, &call.args),
    }
}

/// A destination: an account or a contract, and where there are such, a muxed account.
pub(super) fn destination(planner: &mut Planner<'_>) -> Option<ScAddress> {
    if planner.random.chance(30) {
        return vault(planner);
    }
    let holder = planner.holder()?;
    let muxes = planner.state.protocol >= FIRST_PROTOCOL_WITH_MUXED_ADDRESSES;
    Some(match planner.muxed(&holder) {
        MuxedAccount::MuxedEd25519(account) if muxes => {
            ScAddress::MuxedAccount(MuxedEd25519Account {
                id: account.id,
                ed25519: account.ed25519,
            })
        }
        _ => ScAddress::Account(holder),
    })
}

/// One of the contracts that hold tokens.
pub(super) fn vault(planner: &mut Planner<'_>) -> Option<ScAddress> {
    let vault = planner.random.pick(&planner.cast.vaults)?;
    Some(ScAddress::Contract(vault.clone()))
}

/// The address that has the balance, and what the destination is told.
pub(super) fn without_mux(address: &ScAddress) -> (ScAddress, Option<ScVal>) {
    match address {
        ScAddress::MuxedAccount(account) => {
            let plain = cast::account(account.ed25519.0);
            (ScAddress::Account(plain), Some(ScVal::U64(account.id)))
        }
        other => (other.clone(), None),
    }
}

pub(super) const fn as_address(value: &ScVal) -> Option<&ScAddress> {
    match value {
        ScVal::Address(address) => Some(address),
        _ => None,
    }
}

pub(super) fn as_amount(value: &ScVal) -> Option<i128> {
    match value {
        ScVal::I128(Int128Parts { hi, lo }) => Some(i128::from(*hi) << 64 | i128::from(*lo)),
        _ => None,
    }
}

pub(super) const fn account(id: AccountId) -> ScVal {
    ScVal::Address(ScAddress::Account(id))
}

/// The event of an allowance, which moves nothing: the same for every token.
pub(super) fn approve(
    application: &mut Application<'_>,
    contract: ContractId,
    from: &ScAddress,
    spender: &ScAddress,
    asset: Option<&Asset>,
) {
    let mut topics = vec![
        ScVal::Address(from.clone()),
        ScVal::Address(spender.clone()),
    ];
    topics.extend(asset.map(|asset| {
        let name = crate::Asset::from(asset).to_string();
        ScVal::String(stellar_xdr::ScString(text(name.as_bytes())))
    }));
    let until = ScVal::U32(application.state.sequence.saturating_add(1_000));
    let data = ScVal::Vec(Some(stellar_xdr::ScVec(list(vec![number(1_000), until]))));
    application
        .emitter
        .contract_event(contract, "approve", topics, data);
}

/// A data map entry of a token that tells its destination something else than a number.
pub(super) fn told(kind: u64) -> ScVal {
    match kind {
        0 => ScVal::String(stellar_xdr::ScString(text(b"order 7"))),
        1 => ScVal::Bytes(stellar_xdr::ScBytes(
            crate::simulated::encoding::byte_string(&[7; 20]),
        )),
        2 => ScVal::Void,
        3 => symbol("wrong"),
        _ => ScVal::U64(kind),
    }
}
