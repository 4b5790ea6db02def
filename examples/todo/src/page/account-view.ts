import { callApi } from "./api-client.ts";
import { element } from "./element.ts";
import { createErrorLine, type ViewContext } from "./view.ts";

/** Sign in or sign up: the same two fields, two buttons. */
export function createAccountView({ words }: ViewContext): HTMLElement {
  const email = element("input", { type: "email", name: "email", autocomplete: "username", required: true });
  const password = element("input", {
    type: "password",
    name: "password",
    autocomplete: "current-password",
    required: true,
    attributes: { "aria-describedby": "password-help" },
  });
  const errors = createErrorLine(words);
  const enter = (path: "/sessions" | "/accounts") =>
    errors.attempt(async () => {
      await callApi("POST", path, { email: email.value, password: password.value });
      location.assign("/");
    });
  const form = element(
    "form",
    { className: "account", noValidate: true },
    element("label", {}, words.email, email),
    element("label", {}, words.password, password),
    element("p", { id: "password-help", className: "help" }, words.passwordHelp),
    element(
      "div",
      { className: "buttons" },
      element("button", { type: "submit" }, words.signIn),
      element("button", { type: "button", className: "quiet", onclick: () => void enter("/accounts") }, words.signUp),
    ),
    errors.line,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void enter("/sessions");
  });
  return element("section", { className: "start" }, element("h1", {}, words.signInOrUp), form);
}
