# Points and decision regions of a deep network of linear layers and of one hidden layer.
eval start(760, 370)
eval probability_palette
set multiplot layout 1,2
set size ratio -1
set xrange [-3:3]
set yrange [-3:3]
set xlabel "x_1"
set ylabel "x_2"
unset colorbox
set key off
do for [name in "deep bent"] {
    set title name eq "deep" ? "Four linear hidden layers" : "One hidden layer of eight tanh units"
    plot file(name . ".dat") with image, \
         file("points.dat") using 1:($3 == 0 ? $2 : NaN) with points pt 7 ps 0.35 lc rgb red, \
         "" using 1:($3 == 1 ? $2 : NaN) with points pt 7 ps 0.35 lc rgb green
}
unset multiplot
