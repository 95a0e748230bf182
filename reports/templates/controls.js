// The theme's button and the buttons that copy.

// Names of chapters and clauses are ids too; they have no dash.
const $ = (id) => document.getElementById(`page-${id}`);

const themeButton = () => {
  const button = $("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = (value) => {
    try {
      if (value) localStorage.setItem("tensorcanon-theme", value);
      return localStorage.getItem("tensorcanon-theme");
    } catch { return null; }
  };
  let chosen = stored();
  const isDark = () => (chosen ? chosen === "dark" : system.matches);
  const show = () => {
    if (chosen) document.documentElement.dataset.theme = chosen;
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to the ${isDark() ? "light" : "dark"} theme`);
  };
  button.hidden = false;
  button.addEventListener("click", () => { chosen = isDark() ? "light" : "dark"; stored(chosen); show(); });
  system.addEventListener("change", show);
  show();
};

const copyScript = async (button) => {
  const text = button.parentElement.querySelector("code").textContent;
  try { await navigator.clipboard.writeText(text); } catch {
    const area = h("textarea", { class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1600);
};
