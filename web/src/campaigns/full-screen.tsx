/** Takes the wall alone to the whole screen, where the browser can. */
export function FullScreen() {
  if (!document.fullscreenEnabled) return null;
  return (
    <button
      type="button"
      onClick={() => (document.fullscreenElement ? document.exitFullscreen() : document.querySelector('main')!.requestFullscreen())}
    >
      Full screen
    </button>
  );
}
