// What is served beside console.js under these names (src/console/assets.ts), and the types of the packages that it is.
declare module '*/hotkey.js' {
  export function install(element: HTMLElement, hotkey?: string): void
}
