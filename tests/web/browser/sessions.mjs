// Logging in with a name and a password, where the server has sessions.

import assert from "node:assert/strict";
import { openPage, textBecomes } from "./pages.mjs";

export async function sessionTests({ step, browser, server, dist }) {
  const { authentication = [] } = await server.call("GET", "info");
  const skip = authentication.includes("session") ? null : "this server has no sessions";
  await step("a session survives a reload and ends on signing out", async () => {
    const { user_id: user } = await server.call("GET", "account", "trader");
    const { invitation } = await server.call("POST", `admin/users/${user}/invitation`, "operator", { login: "theo" });
    await server.call("POST", "password/redeem", null, { invitation, password: "correct horse battery" });
    const page = await openPage(browser, server, { dist });
    await page.click("#account-button");
    await page.fill("#log-in-user", "theo");
    await page.fill("#log-in-password", "correct horse battery");
    await page.press("#log-in-password", "Enter");
    await textBecomes(page, "#account-button", "Theo Trader");
    await page.reload();
    await textBecomes(page, "#account-button", "Theo Trader");
    const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie]));
    assert.equal(kept.includes("bws_"), false, "no token where a script could read it later");
    await page.click("#account-button");
    await page.click("#sign-out");
    await textBecomes(page, "#account-button", "Sign in");
    await page.reload();
    await textBecomes(page, "#connection-text", "Live");
    assert.equal(await page.textContent("#account-button"), "Sign in");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }, skip);
}
