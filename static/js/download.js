// A form that a file answers leaves its page standing: a cookie that comes with the file says so, and the form may be
// sent again; with data-once the page is asked for anew, because the file was handed out a single time.
const SENT = "file_sent";
const drop = () => { document.cookie = `${SENT}=; path=/; max-age=0`; };

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  drop();
  const looking = setInterval(() => {
    if (!document.cookie.includes(`${SENT}=`)) return;
    clearInterval(looking);
    drop();
    form.dispatchEvent(new CustomEvent("form:answered", { bubbles: true }));
    if (form.matches("[data-once]")) window.location.reload();
  }, 300);
});
