// Cash and holdings of the user, with what open orders hold back.

import type { AccountModel } from "../model/account";
import { element, need, oncePerFrame, setText } from "./dom";
import * as format from "./format";

export class BalancesView {
  private readonly body = need("balances-body");
  private readonly empty = need("balances-empty");

  constructor(private readonly account: AccountModel) {
    account.balancesChanged.on(oncePerFrame(() => this.render()));
    this.render();
  }

  private render(): void {
    const { cash, holdings, account } = this.account;
    const severalAccounts = (account?.accounts.length ?? 0) > 1;
    const rows = [
      ...cash.map((b) =>
        row(b.currency, severalAccounts ? b.account_id : "Cash", format.money(b.available), format.money(b.held)),
      ),
      ...holdings.map((h) =>
        row(
          h.symbol,
          severalAccounts ? h.account_id : worth(h.market_value),
          format.quantity(h.sellable),
          format.quantity(h.held),
        ),
      ),
    ];
    this.body.replaceChildren(...rows);
    this.empty.hidden = rows.length > 0;
    setText(this.empty, account === null ? "Sign in to see your balances." : "Nothing here yet.");
    setText(need("account-name"), account?.name ?? "");
  }
}

function worth(marketValue: string | null): string {
  return marketValue === null ? "" : `≈ ${format.compact(marketValue)}`;
}

function row(asset: string, note: string, available: string, held: string): HTMLElement {
  const root = element("tr");
  const name = element("td", "symbol", asset);
  if (note !== "") name.append(element("span", "note", note));
  root.append(name, element("td", "number", available), element("td", "number held", held));
  return root;
}
