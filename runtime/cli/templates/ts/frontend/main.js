// Relative addresses only: the page is served below /plugins/my-plugin/.
const message = document.querySelector('#message')

document.querySelector('#hello').addEventListener('click', async () => {
  const response = await fetch('api/hello')
  const answer = response.ok ? await response.json() : undefined
  message.textContent = answer ? `${answer.message} (${answer.count})` : `It failed: ${response.status}`
})
