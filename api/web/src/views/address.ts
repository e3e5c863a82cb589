// What the page keeps in its own address: the security as a parameter, and behind the "#" what no server needs to see.

export interface AddressChange {
  symbol?: string;
  key?: null; // only ever taken out
  place?: string | null;
}

export function replaceAddress(change: AddressChange): void {
  const address = new URL(location.href);
  if (change.symbol !== undefined) address.searchParams.set("symbol", change.symbol);
  const fragment = new URLSearchParams(address.hash.slice(1));
  if (change.key === null) fragment.delete("key");
  if (change.place === null) fragment.delete("place");
  else if (change.place !== undefined) fragment.set("place", change.place);
  address.hash = fragment.toString();
  history.replaceState(null, "", address);
}

export function symbolOfAddress(): string {
  return new URLSearchParams(location.search).get("symbol") ?? "";
}

export function placeOfAddress(): string {
  return new URLSearchParams(location.hash.slice(1)).get("place") ?? "";
}
