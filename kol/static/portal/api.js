// The one way to numbers: our own stored documents, asked with the cookie of who has signed in.
import { setup } from "./frame.js";

/** What an answer can go wrong with: `kind` is signed-out, too-many, refused, absent or broken. */
export class Failure extends Error {
  constructor(kind, message = "", seconds = 0) {
    super(message || kind);
    this.kind = kind;
    this.seconds = seconds;
  }
}

const KINDS = { UNAUTHENTICATED: "signed-out", FORBIDDEN: "refused", RATE_LIMITED: "too-many", NOT_FOUND: "absent" };

/** The data of a stored document; `signal` gives up on it. Throws Failure. */
export async function ask(name, variables, { signal } = {}) {
  let answer;
  try {
    answer = await fetch("/graphql/", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": setup.csrf },
      body: JSON.stringify({ documentId: setup.documents[name], variables }),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure("broken");
  }
  if (answer.status === 401) throw new Failure("signed-out");
  if (answer.status === 429) throw new Failure("too-many", "", Number(answer.headers.get("Retry-After") ?? 5));
  let told;
  try {
    told = await answer.json();
  } catch {
    throw new Failure("broken");
  }
  if (told.errors?.length) {
    const [first] = told.errors;
    throw new Failure(KINDS[first.extensions?.code] ?? "broken", first.message);
  }
  if (!answer.ok) throw new Failure("broken");
  return told.data;
}
