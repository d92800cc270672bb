import { useEffect, useRef, useState } from "preact/hooks";

/** Gives its content the width that there is. */
export function Wide({
  children,
}: {
  readonly children: (width: number) => preact.ComponentChild;
}) {
  const holder = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return <div ref={holder}>{width > 0 && children(width)}</div>;
}
