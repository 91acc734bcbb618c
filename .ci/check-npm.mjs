// What npm brings in: licences that may go into a work under the EUPL-1.2, and known weaknesses.
// Run in a folder with a package-lock.json.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

// In the product; what only builds or tests it may have these and more.
const SHIPPED = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "EUPL-1.2",
  "ISC",
  "MIT",
  "OFL-1.1",
]);
const BUILDING = new Set([...SHIPPED, "MIT OR Apache-2.0", "MPL-2.0"]);

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
const foreign = Object.entries(packages)
  .filter(([path]) => path !== "")
  .filter(([, { license, dev }]) => !(dev ? BUILDING : SHIPPED).has(license))
  .map(([path, { license }]) => `${path.replace(/.*node_modules\//, "")}: ${license ?? "none"}`);
if (foreign.length > 0) {
  console.error(`licences that were not looked at:\n${foreign.join("\n")}`);
  process.exit(1);
}
console.log(`licences of ${Object.keys(packages).length - 1} npm packages: ok`);

if (Object.entries(packages).every(([path, { dev }]) => path === "" || dev)) {
  // Nothing of it is in the product.
  process.exit(0);
}
const audit = spawnSync("npm", ["audit", "--omit=dev", "--json"], { encoding: "utf8" });
let report = {};
try {
  report = JSON.parse(audit.stdout);
} catch {
  // Told below: what is no report tells nothing.
}
if (report.auditReportVersion === undefined) {
  console.warn("npm audit: NOT CHECKED, this registry does not answer audits");
} else if (audit.status === 0) {
  console.log("npm audit: no known weaknesses");
} else {
  console.error(JSON.stringify(report.vulnerabilities, null, 2));
  process.exit(1);
}
