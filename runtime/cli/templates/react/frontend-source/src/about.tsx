export function About() {
  return <p>This page has an address of its own: it can be reloaded and sent to others.</p>
}
