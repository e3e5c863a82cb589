// A list of callbacks; calling `emit` runs them in the order in which they were added.

export class Emitter<T = void> {
  private readonly listeners = new Set<(value: T) => void>();

  // Returns the function that removes the listener.
  on(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  emit(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }
}
