# The loss around the trained weights, without and with skip connections, and its levels.
eval start(860, 370)
set contour base
unset surface
set cntrparam levels discrete 0.1, 1, 10, 100, 1000
set table $plain
splot file("plain.dat") using 1:2:3
set table $skips
splot file("skips.dat") using 1:2:3
unset table
set multiplot layout 1,2
set palette defined (0 "#2166ac", 0.3 "#9cc3e0", 0.5 "#ffffff", 0.75 "#f2b5ad", 1 "#b3392b") maxcolors 40
set cbrange [-3:5]
set cblabel "log_{10} J" textcolor rgb dark
set size ratio -1
set xrange [-1:1]
set yrange [-1:1]
set xtics 0.5
set ytics 0.5
set xlabel "a, along d_1"
set ylabel "b, along d_2"
set key off
set title "24 layers, no skip connections"
plot file("plain.dat") using 1:2:(log10($3)) with image, $plain using 1:2 with lines lw 0.7 lc rgb dark
set title "24 layers, skip connections"
plot file("skips.dat") using 1:2:(log10($3)) with image, $skips using 1:2 with lines lw 0.7 lc rgb dark
unset multiplot
