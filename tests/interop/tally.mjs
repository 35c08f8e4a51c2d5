// Counts what passed and tells what failed.

let passed = 0;
let failed = 0;

export function note(ok, text) {
  if (ok) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAILED  ${text}`);
  }
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
