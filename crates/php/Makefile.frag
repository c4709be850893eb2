# What cargo makes; `make quipu_target=DIR` puts it elsewhere.
quipu_target = $(abspath $(top_builddir))/cargo
quipu_library = $(quipu_target)/release/libquipu_php.a

# cargo knows what has changed.
.PHONY: quipu_library
$(quipu_library): quipu_library
quipu_library:
	cd $(srcdir) && CARGO_TARGET_DIR=$(quipu_target) $(CARGO) rustc --release --lib --no-default-features --crate-type staticlib

$(phplibdir)/quipu.la quipu.la: $(quipu_library)
